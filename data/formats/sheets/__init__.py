"""Tables in files as rows of text: delimited text, workbooks, marked-up text, layers."""
