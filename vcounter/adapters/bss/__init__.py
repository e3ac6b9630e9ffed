"""The operator's business support systems behind the Bss port."""
