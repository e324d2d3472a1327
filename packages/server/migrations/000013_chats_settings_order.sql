-- The order of what an integrator sends is his: fields of a form, buttons of messengers. A jsonb would sort them.
alter table chats alter column settings type json using settings::json;
