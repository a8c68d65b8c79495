-- Wrong tries are counted by the network they come from, or by a browser or a session that is known: those have no place,
-- for what strangers do is not counted with them. A place is the network as people see it, which is larger than one person's.
alter table login_attempts add column place text;
update login_attempts set place = network;
