"""What was before: a number's visits, orders and tickets, and looking orders up."""
