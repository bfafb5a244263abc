"""What plugins wrap around the application, and change about databases at start-up."""

from vitrina.hooks.markers import hookimpl


class Appends:
    @hookimpl
    def asgi_wrapper(self):
        def wrap(app):
            async def longer(scope, receive, send):
                async def send_more(message):
                    if message["type"] == "http.response.body":
                        message = {**message, "body": message["body"] + b"<!-- more -->"}
                    await send(message)

                await app(scope, receive, send_more)

            return longer

        return wrap

    @hookimpl
    def startup(self, datasette):
        datasette.get_database("shop").route = "store"


async def test_a_wrapper_may_make_a_page_longer(with_plugin):
    ds = with_plugin(Appends())
    response = await ds.client.get("/store/goods")
    assert response.text.endswith("<!-- more -->")
    assert "content-length" not in response.headers


async def test_a_route_set_at_start_up_is_served_and_linked(with_plugin):
    ds = with_plugin(Appends())
    assert 'href="/store"' in (await ds.client.get("/")).text
    assert (await ds.client.get("/shop/goods")).status_code == 404
