-- question: Does this login see every table in the dictionary, or only those it was granted?
-- privilege: none
-- cost: the login's own grants
-- column sees_all: true with an object privilege on everything
SELECT COUNT(*) > 0 AS sees_all
FROM information_schema.user_privileges
WHERE privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'REFERENCES', 'INDEX', 'ALTER')
  AND REPLACE(grantee, '''', '') = CURRENT_USER();
