"""The section on how much of the information about each parameter the summary keeps."""
