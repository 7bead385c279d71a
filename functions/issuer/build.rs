//! Makes a new migration count as a change: the macro that embeds them sees only
//! the files that were there when it last ran.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
