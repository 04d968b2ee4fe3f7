//! Both languages say the same things.
