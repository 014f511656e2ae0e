"""What lives in a process that holds sockets, and ends with it: who is here, what they see, what waits for them.

`hub` is the middle: one per process, with an `audience` for each room. For the consumer there are `verbs` and `visit`.
Nothing here is the truth of anything: the tables are, and all of this is made again from them by whoever comes back.
"""
