"""The pages and answers about files; none of them exists where no source is configured."""
