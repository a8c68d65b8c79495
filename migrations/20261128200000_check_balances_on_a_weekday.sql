-- On which day of the week somebody checks their balances: logging in leads them there then. Nobody does until they say so.
alter table users
    add column check_on text
        check (check_on in ('monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'));
