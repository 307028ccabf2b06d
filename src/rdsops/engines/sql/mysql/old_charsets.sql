-- question: Which tables keep text in the three-byte form of UTF-8?
-- privilege: SELECT; tables that the login may not read do not show
-- cost: one walk of the dictionary
-- column schema_name: the schema
-- column table_name: the table
-- column columns: how many of its columns
SELECT c.table_schema AS schema_name, c.table_name AS table_name, CAST(COUNT(*) AS UNSIGNED) AS columns
FROM information_schema.columns c
JOIN information_schema.tables t
  ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'
WHERE c.character_set_name IN ('utf8', 'utf8mb3')
  AND c.table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp')
GROUP BY c.table_schema, c.table_name
ORDER BY schema_name, table_name;
