-- question: What are the settings, as live?
-- privilege: none
-- cost: about 350 rows from memory
-- column name: the parameter
-- column value: in the engine's own unit
SELECT name, setting AS value
FROM pg_catalog.pg_settings
WHERE setting IS NOT NULL
ORDER BY name;
