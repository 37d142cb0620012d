"""What users hand in and read: tables, files, matrices."""
