-- question: Does this server count the use of indexes?
-- privilege: SELECT on performance_schema
-- cost: one row
-- column counts: true when the instrument behind the counters is on
SELECT COUNT(*) = 1 AS counts
FROM performance_schema.setup_instruments
WHERE name = 'wait/io/table/sql/handler' AND enabled = 'YES';
