// The SQL form: fields for its parameters as the text changes, Ctrl/⌘-Enter, history of this browser.
// placeholder until the editor arrives
