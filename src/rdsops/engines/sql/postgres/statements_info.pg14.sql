-- question: How full is pg_stat_statements, and does it evict?
-- privilege: pg_monitor
-- cost: counts the statement statistics once, without their texts
-- column statements: kept now
-- column evictions: times the least executed entries were thrown out
-- column counted_since: last reset
SELECT (SELECT count(*) FROM pg_stat_statements(false)) AS statements,
       dealloc AS evictions,
       stats_reset AS counted_since
FROM pg_stat_statements_info;
