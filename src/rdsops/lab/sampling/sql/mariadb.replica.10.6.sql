-- Question: how far is this replica behind? Privilege: SLAVE MONITOR. Columns: …, Seconds_Behind_Master (null: not known)
SHOW SLAVE STATUS
