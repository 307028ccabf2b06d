-- Question: how large are the binary logs? Privilege: BINLOG MONITOR. Columns: Log_name, File_size (bytes)
SHOW BINARY LOGS
