"""From bytes to raw sheets of cells, whatever the file format; nothing is interpreted here.

Kept free of pandas and of the rest of the project, because it runs in a child process that must
start quickly and stay small. The door is `data.formats.sheets.read.read_files`.
"""
