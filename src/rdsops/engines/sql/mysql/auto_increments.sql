-- question: Which AUTO_INCREMENT columns have used up half of their type or more?
-- privilege: SELECT; tables that the login may not read do not show
-- cost: one walk of the dictionary
-- column schema_name: the schema
-- column table_name: the table
-- column column_name: the column
-- column column_type: its type
-- column next_value: the next number
-- column limit_value: the largest number that the type holds
-- column used_ratio: next value by limit, 0..1
SELECT schema_name, table_name, column_name, column_type, next_value, limit_value,
       (next_value * 1e0) / limit_value AS used_ratio
FROM (SELECT t.table_schema AS schema_name,
             t.table_name AS table_name,
             c.column_name AS column_name,
             c.column_type AS column_type,
             CAST(t.auto_increment AS UNSIGNED) AS next_value,
             CAST(CASE WHEN c.column_type LIKE '%unsigned%' THEN
               CASE c.data_type WHEN 'tinyint' THEN 255 WHEN 'smallint' THEN 65535 WHEN 'mediumint' THEN 16777215
                                WHEN 'int' THEN 4294967295 ELSE 18446744073709551615 END
             ELSE
               CASE c.data_type WHEN 'tinyint' THEN 127 WHEN 'smallint' THEN 32767 WHEN 'mediumint' THEN 8388607
                                WHEN 'int' THEN 2147483647 ELSE 9223372036854775807 END
             END AS UNSIGNED) AS limit_value
      FROM information_schema.tables t
      JOIN information_schema.columns c
        ON c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.extra LIKE '%auto_increment%'
      WHERE t.table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp')
        AND t.auto_increment IS NOT NULL
        AND c.data_type IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint')) numbered
WHERE next_value >= 0.5 * limit_value
ORDER BY used_ratio DESC, schema_name, table_name;
