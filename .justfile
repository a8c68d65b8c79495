set positional-arguments

# Everything built, with the demo user's data, on http://127.0.0.1:8000
run *args:
    scripts/run "$@"
# Every check
test:
    scripts/test
# How fast it is, beside a bare page
bench:
    scripts/bench
# The site without optimisation, for development
dev *args:
    SQLX_OFFLINE=true cargo run -- serve --demo "$@"
# The checks before each commit
hooks:
    git config core.hooksPath scripts/hooks
# One Rust test or several, by name
it *args:
    SQLX_OFFLINE=true cargo test "$@"
# Format everything
fmt:
    cargo fmt
lint:
    SQLX_OFFLINE=true cargo clippy --all-targets -- -D warnings
# A new migration: just migration create_entries
migration name:
    touch "migrations/$(date -u +%Y%m%d%H%M%S)_$1.sql" && touch src/lib.rs
# Describe the queries anew in .sqlx, with the program that was built last
prepare:
    target/debug/stakeeasy database --temporary -- sh -c 'cargo sqlx migrate run && SQLX_OFFLINE=false cargo sqlx prepare -- --all-targets'
# A prompt in the development database
psql *args:
    target/debug/stakeeasy database -- psql "$@"
doctor:
    target/debug/stakeeasy doctor
