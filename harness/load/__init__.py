"""The gevent side of a load run: Locust's users, shape and statistics around engines that it starts but never paces.

Nothing here imports asyncio: importing locust patches sockets and threads. `harness.run` meets it over a pipe.
"""
