-- question: Which indexes has this server not read since it started?
-- privilege: SELECT on performance_schema
-- cost: one row an index, from memory
-- column schema_name: the schema
-- column table_name: the table
-- column index_name: an index that enforces nothing (not unique) and serves no foreign key
-- column row_estimate: rows of its table, as the engine estimates them
SELECT u.object_schema AS schema_name,
       u.object_name AS table_name,
       u.index_name AS index_name,
       CAST(COALESCE(MAX(t.table_rows), 0) AS UNSIGNED) AS row_estimate
FROM performance_schema.table_io_waits_summary_by_index_usage u
JOIN information_schema.statistics s
  ON s.table_schema = u.object_schema AND s.table_name = u.object_name AND s.index_name = u.index_name
JOIN information_schema.tables t ON t.table_schema = u.object_schema AND t.table_name = u.object_name
WHERE u.index_name IS NOT NULL
  AND u.count_star = 0
  AND u.object_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp')
  AND NOT EXISTS (SELECT 1 FROM information_schema.key_column_usage k
                  WHERE k.table_schema = s.table_schema AND k.table_name = s.table_name
                    AND k.column_name = s.column_name AND k.referenced_table_name IS NOT NULL)
GROUP BY u.object_schema, u.object_name, u.index_name
HAVING MAX(s.non_unique) = 1
ORDER BY row_estimate DESC, schema_name, table_name, index_name;
