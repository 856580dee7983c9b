"""Collections in the forms of others: tables, exports, and vectors that were made elsewhere."""
