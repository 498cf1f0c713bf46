"""Files that are archives of XML: Word, PowerPoint, Excel, e-books."""
