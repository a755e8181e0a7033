"""What was released: records in a database, under one hash-chained ledger. Signs nothing, looks at no pictures."""
