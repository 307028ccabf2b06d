-- question: Which global variables are in force?
-- privilege: none
-- cost: no table is read
-- column Variable_name: the engine's name for it
-- column Value: as text, in the engine's own unit
SHOW GLOBAL VARIABLES;
