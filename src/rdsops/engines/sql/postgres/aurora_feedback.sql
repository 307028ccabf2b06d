-- question: How old is the xmin that each Aurora reader holds on the writer?
-- privilege: none
-- cost: one row a reader; the function exists on Aurora only
-- column name: the reader's instance identifier
-- column xid_age: transactions since its feedback_xmin; null when it holds none
SELECT server_id::text AS name,
       CASE WHEN feedback_xmin::text::bigint > 0 THEN age(feedback_xmin::text::xid)::bigint END AS xid_age
FROM aurora_replica_status()
WHERE session_id::text <> 'MASTER_SESSION_ID'
ORDER BY server_id;
