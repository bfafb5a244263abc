// Dialogs for inserting, editing and deleting rows.
