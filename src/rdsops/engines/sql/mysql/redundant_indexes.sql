-- question: Which indexes are the same as another of their table, or the first columns of one?
-- privilege: SELECT; tables that the login may not read do not show
-- cost: one walk of the dictionary, joined with itself
-- column schema_name: the schema
-- column table_name: the table
-- column index_name: the index that adds nothing
-- column columns: its columns, in order
-- column covered_by: the index that serves in its place
-- column covering_columns: that one's columns
SELECT a.table_schema AS schema_name,
       a.table_name AS table_name,
       a.index_name AS index_name,
       a.listed AS columns,
       MIN(b.index_name) AS covered_by,
       MIN(b.listed) AS covering_columns
FROM (SELECT table_schema, table_name, index_name, MAX(non_unique) AS non_unique,
             GROUP_CONCAT(CONCAT('`', REPLACE(column_name, '`', '``'), '`', COALESCE(CONCAT('(', sub_part, ')'), ''),
                                 IF(collation = 'D', ' DESC', '')) ORDER BY seq_in_index SEPARATOR ',') AS listed
      FROM information_schema.statistics
      WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp') AND index_type = 'BTREE'
      GROUP BY table_schema, table_name, index_name
      HAVING SUM(column_name IS NULL) = 0) a
JOIN (SELECT table_schema, table_name, index_name, MAX(non_unique) AS non_unique,
             GROUP_CONCAT(CONCAT('`', REPLACE(column_name, '`', '``'), '`', COALESCE(CONCAT('(', sub_part, ')'), ''),
                                 IF(collation = 'D', ' DESC', '')) ORDER BY seq_in_index SEPARATOR ',') AS listed
      FROM information_schema.statistics
      WHERE table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys', 'innodb', 'tmp') AND index_type = 'BTREE'
      GROUP BY table_schema, table_name, index_name
      HAVING SUM(column_name IS NULL) = 0) b
  ON b.table_schema = a.table_schema AND b.table_name = a.table_name AND b.index_name <> a.index_name
WHERE a.index_name <> 'PRIMARY'
  AND ((a.non_unique = 1 AND LEFT(b.listed, CHAR_LENGTH(a.listed) + 1) = CONCAT(a.listed, ','))
       OR (a.listed = b.listed AND a.non_unique = 1 AND b.non_unique = 0)
       OR (a.listed = b.listed AND a.non_unique = b.non_unique AND (b.index_name = 'PRIMARY' OR a.index_name > b.index_name)))
GROUP BY a.table_schema, a.table_name, a.index_name, a.listed
ORDER BY schema_name, table_name, index_name;
