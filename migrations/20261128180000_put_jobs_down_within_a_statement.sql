-- Puts a job down as part of a statement, so that a write and what follows from it go to the database together. The queue's
-- own tables and functions are made after ours: what is in here is looked up when it runs.
create function put_job(name text, payload jsonb, tries int, key text, run_at timestamptz) returns void
    language plpgsql as $$
begin
    perform graphile_worker.add_job(
        identifier => put_job.name, payload => put_job.payload::json, run_at => put_job.run_at, max_attempts => put_job.tries,
        job_key => put_job.key);
end
$$;

-- What an account was started with is looked up with every entry.
create index changes_that_add_accounts on changes (user_id) where action = 'add account';
