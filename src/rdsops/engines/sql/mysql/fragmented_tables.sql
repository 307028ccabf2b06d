-- question: Which tables hold more than a fifth of their file as free space?
-- privilege: SELECT; tables that the login may not read do not show
-- cost: one walk of the dictionary
-- column schema_name: the schema
-- column table_name: the table
-- column bytes: data and indexes
-- column free_bytes: free inside the table's own file
SELECT table_schema AS schema_name,
       table_name AS table_name,
       CAST(COALESCE(data_length, 0) + COALESCE(index_length, 0) AS UNSIGNED) AS bytes,
       CAST(data_free AS UNSIGNED) AS free_bytes
FROM information_schema.tables
WHERE table_type = 'BASE TABLE'
  AND engine = 'InnoDB'
  AND table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp')
  AND data_free > 0.2 * (COALESCE(data_length, 0) + COALESCE(index_length, 0) + data_free)
ORDER BY free_bytes DESC, schema_name, table_name;
