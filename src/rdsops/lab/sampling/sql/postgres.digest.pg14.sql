-- Question: what is the normalised text of a statement?
-- Privilege: pg_read_all_stats. Cost: one pass over pg_stat_statements. Columns: query
SELECT s.query
  FROM pg_stat_statements AS s
 WHERE s.queryid = %s
   AND s.query IS NOT NULL
 ORDER BY s.calls DESC
 LIMIT 1
