-- Question: which statements run at this moment, on what do they wait, and whose are they?
-- Privilege: PROCESS, SELECT on performance_schema. Cost: one pass over the threads; InnoDB's transactions are cached.
-- Columns: username, host (with port), db, state, info (cut here), trx_state, digest, digest_text, wait
SELECT p.USER AS username,
       p.HOST AS host,
       p.DB AS db,
       p.STATE AS state,
       LEFT(p.INFO, 4096) AS info,
       t.trx_state AS trx_state,
       s.DIGEST AS digest,
       s.DIGEST_TEXT AS digest_text,
       w.EVENT_NAME AS wait
  FROM information_schema.PROCESSLIST AS p
  LEFT JOIN information_schema.INNODB_TRX AS t ON t.trx_mysql_thread_id = p.ID
  LEFT JOIN performance_schema.threads AS h ON h.PROCESSLIST_ID = p.ID
  LEFT JOIN performance_schema.events_statements_current AS s
    ON s.THREAD_ID = h.THREAD_ID AND s.END_EVENT_ID IS NULL AND s.NESTING_EVENT_ID IS NULL
  LEFT JOIN performance_schema.events_waits_current AS w
    ON w.THREAD_ID = h.THREAD_ID AND w.END_EVENT_ID IS NULL
 WHERE p.COMMAND IN ('Query', 'Execute')
   AND p.ID <> CONNECTION_ID()
 ORDER BY p.ID
