int clinux_unused(void);
