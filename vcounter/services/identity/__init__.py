"""Who the customer is: pictures, readings, codes, decisions, and the level they add up to."""
