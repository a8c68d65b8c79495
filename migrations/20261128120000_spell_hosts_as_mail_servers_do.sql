-- Hosts in letters become what mail servers call them: bücher.example is xn--bcher-kva.example. From now on addresses are
-- stored so, and looked for so, and those of before have to be found. The encoding is that of RFC 3492.

create function pg_temp.adapted(delta bigint, points int, is_first boolean) returns bigint language plpgsql as $$
declare
    k int := 0;
begin
    delta := case when is_first then delta / 700 else delta / 2 end;
    delta := delta + delta / points;
    while delta > 455 loop
        delta := delta / 35;
        k := k + 36;
    end loop;
    return k + 36 * delta / (delta + 38);
end
$$;

create function pg_temp.label(label text) returns text language plpgsql as $$
declare
    digits constant text := 'abcdefghijklmnopqrstuvwxyz0123456789';
    points int[] := array(
        select ascii(c) from regexp_split_to_table(label, '') with ordinality as letters (c, i) order by i
    );
    encoded text := coalesce((select string_agg(chr(p), '' order by i)
                              from unnest(points) with ordinality as t (p, i) where p < 128), '');
    basic int := length(encoded);
    handled int := basic;
    n int := 128;
    delta bigint := 0;
    bias bigint := 72;
    next int;
    point int;
    q bigint;
    k bigint;
    t bigint;
begin
    if basic = cardinality(points) then
        return label;
    end if;
    if basic > 0 then
        encoded := encoded || '-';
    end if;
    while handled < cardinality(points) loop
        select min(p) into next from unnest(points) as p where p >= n;
        delta := delta + (next - n)::bigint * (handled + 1);
        n := next;
        foreach point in array points loop
            if point < n then
                delta := delta + 1;
            elsif point = n then
                q := delta;
                k := 36;
                loop
                    t := least(greatest(k - bias, 1), 26);
                    exit when q < t;
                    encoded := encoded || substr(digits, (t + (q - t) % (36 - t))::int + 1, 1);
                    q := (q - t) / (36 - t);
                    k := k + 36;
                end loop;
                encoded := encoded || substr(digits, q::int + 1, 1);
                bias := pg_temp.adapted(delta, handled + 1, handled = basic);
                delta := 0;
                handled := handled + 1;
            end if;
        end loop;
        delta := delta + 1;
        n := n + 1;
    end loop;
    return 'xn--' || encoded;
end
$$;

create function pg_temp.spelled(email text) returns text language sql as $$
    select substring(email from '^(.*)@') || '@' || string_agg(pg_temp.label(label), '.' order by i)
    from regexp_split_to_table(lower(normalize(substring(email from '[^@]*$'), nfc)), '\.')
         with ordinality as labels (label, i)
$$;

-- Who has both spellings keeps them: they are two accounts.
update users u set email = pg_temp.spelled(email)
where email ~ '@[^@]*[^\x01-\x7f][^@]*$'
  and not exists (select from users o where lower(o.email) = lower(pg_temp.spelled(u.email)));
update identities set email = pg_temp.spelled(email) where email ~ '@[^@]*[^\x01-\x7f][^@]*$';
update mail_tokens set email = pg_temp.spelled(email) where email ~ '@[^@]*[^\x01-\x7f][^@]*$';

drop function pg_temp.spelled(text);
drop function pg_temp.label(text);
drop function pg_temp.adapted(bigint, int, boolean);
