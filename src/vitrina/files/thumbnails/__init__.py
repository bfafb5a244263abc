"""Small pictures of files, made where hostile ones can do no harm."""
