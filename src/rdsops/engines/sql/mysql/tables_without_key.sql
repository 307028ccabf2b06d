-- question: Which tables have neither a primary key nor a unique key over columns that are never null?
-- privilege: SELECT; tables that the login may not read do not show
-- cost: one walk of the dictionary
-- column schema_name: the schema
-- column table_name: the table
-- column engine: its storage engine
-- column row_estimate: rows, as the engine estimates them
-- column bytes: data and indexes
SELECT t.table_schema AS schema_name,
       t.table_name AS table_name,
       t.engine AS engine,
       CAST(COALESCE(t.table_rows, 0) AS UNSIGNED) AS row_estimate,
       CAST(COALESCE(t.data_length, 0) + COALESCE(t.index_length, 0) AS UNSIGNED) AS bytes
FROM information_schema.tables t
LEFT JOIN (SELECT DISTINCT s.table_schema, s.table_name
           FROM (SELECT table_schema, table_name, index_name
                 FROM information_schema.statistics
                 WHERE non_unique = 0
                 GROUP BY table_schema, table_name, index_name
                 HAVING SUM(nullable = 'YES') = 0) s) keyed
       ON keyed.table_schema = t.table_schema AND keyed.table_name = t.table_name
WHERE t.table_type = 'BASE TABLE'
  AND t.table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp')
  AND keyed.table_name IS NULL
ORDER BY bytes DESC, schema_name, table_name;
