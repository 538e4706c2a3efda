import {
	execute,
	GraphQLNonNull,
	GraphQLObjectType,
	GraphQLSchema,
	GraphQLString,
	subscribe,
	validate,
} from "graphql";
import { createClient, makeServer } from "graphql-ws";
import { openGraphql } from "../../support/graphql-socket.js";
import { type Library, serve } from "./library.js";

const TEXT = new GraphQLNonNull(GraphQLString);
const schema = new GraphQLSchema({
	query: new GraphQLObjectType({
		name: "Query",
		fields: {
			echo: { type: TEXT, args: { text: { type: TEXT } }, resolve: (_, { text }) => text },
		},
	}),
});

export const graphqlWs: Library = {
	name: "graphql-ws",
	path: "/graphql",
	// graphql-ws's own server.
	serve: () => {
		const server = makeServer({ schema, execute, subscribe, validate });
		return serve((socket) => openGraphql(server, socket), {
			handleProtocols: (offered) => [...offered][0] ?? false,
		});
	},
	open: (failoverWebSocket, endpoints) => {
		// recipe
		const client = createClient({
			url: endpoints[0] as string,
			webSocketImpl: failoverWebSocket({
				endpoints,
				heartbeat: {
					message: () => '{"type":"ping"}',
					isReply: (data) => data === '{"type":"pong"}',
				},
			}),
			lazy: false,
			// By default a refused redial is fatal.
			shouldRetry: () => true,
			retryAttempts: Number.POSITIVE_INFINITY,
		});
		// end
		return {
			echo: (text) =>
				new Promise((resolve, reject) => {
					let seen = "";
					client.subscribe(
						{ query: "query ($text: String!) { echo(text: $text) }", variables: { text } },
						{
							next: ({ data }) => {
								seen = String(data?.echo);
							},
							error: reject,
							complete: () => resolve(seen),
						},
					);
				}),
			close: () => client.dispose(),
		};
	},
};
