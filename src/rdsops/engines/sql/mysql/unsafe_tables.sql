-- question: Which tables have a storage engine that is not crash-safe?
-- privilege: SELECT; tables that the login may not read do not show
-- cost: one walk of the dictionary
-- column schema_name: the schema
-- column table_name: the table
-- column engine: MyISAM, Aria, MEMORY, CSV, ARCHIVE, …
-- column row_estimate: rows, as the engine estimates them
-- column bytes: data and indexes
SELECT table_schema AS schema_name,
       table_name AS table_name,
       engine AS engine,
       CAST(COALESCE(table_rows, 0) AS UNSIGNED) AS row_estimate,
       CAST(COALESCE(data_length, 0) + COALESCE(index_length, 0) AS UNSIGNED) AS bytes
FROM information_schema.tables
WHERE table_type = 'BASE TABLE'
  AND engine IS NOT NULL AND engine <> 'InnoDB'
  AND table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp')
ORDER BY bytes DESC, schema_name, table_name;
