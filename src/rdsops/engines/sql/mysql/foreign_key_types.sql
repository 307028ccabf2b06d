-- question: Which foreign keys join columns of different type or character set?
-- privilege: SELECT; tables that the login may not read do not show
-- cost: one walk of the dictionary
-- column schema_name: the child's schema
-- column table_name: the child
-- column constraint_name: the foreign key
-- column column_name: the child's column
-- column column_type: its type and character set
-- column parent: the parent's column, qualified
-- column parent_type: its type and character set
SELECT k.table_schema AS schema_name,
       k.table_name AS table_name,
       k.constraint_name AS constraint_name,
       k.column_name AS column_name,
       CONCAT_WS(' ', c.column_type, c.character_set_name, c.collation_name) AS column_type,
       CONCAT_WS('.', k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name) AS parent,
       CONCAT_WS(' ', p.column_type, p.character_set_name, p.collation_name) AS parent_type
FROM information_schema.key_column_usage k
JOIN information_schema.columns c
  ON c.table_schema = k.table_schema AND c.table_name = k.table_name AND c.column_name = k.column_name
JOIN information_schema.columns p
  ON p.table_schema = k.referenced_table_schema AND p.table_name = k.referenced_table_name
 AND p.column_name = k.referenced_column_name
WHERE k.referenced_table_name IS NOT NULL
  AND k.table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp')
  AND (c.column_type <> p.column_type OR NOT (c.collation_name <=> p.collation_name))
ORDER BY schema_name, table_name, constraint_name, k.ordinal_position;
