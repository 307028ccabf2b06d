-- question: How many old row versions wait to be purged?
-- privilege: PROCESS
-- cost: one counter
-- column length: transactions in the history list
SELECT CAST(count AS SIGNED) AS length
FROM information_schema.innodb_metrics
WHERE name = 'trx_rseg_history_len';
