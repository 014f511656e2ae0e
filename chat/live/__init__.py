"""What lives in a process that holds sockets, and ends with it: who is here, what they see, what waits for them.

`hub` is the middle: one per process, with the `subscribers` of each room. The consumer calls `verbs` and `visit`.
Nothing here is the truth of anything: the tables are, and all of this is made again from them by whoever comes back.
"""
