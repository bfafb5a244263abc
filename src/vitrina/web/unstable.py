"""The sentence that marks JSON which is not part of the documented interface."""

UNSTABLE = "This JSON is not part of the documented interface and may change in any release"
