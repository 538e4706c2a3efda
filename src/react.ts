"use client";

/** "holdfast/react": a provider, hooks, and a banner. Renders on the server, and connects there never. */
export {
	type BannerLabels,
	ConnectionBanner,
	type ConnectionBannerProps,
} from "./react/connection-banner.js";
export { ClientProvider, type ClientProviderProps, useClient } from "./react/context.js";
export { type ChannelHooks, createHooks } from "./react/create-hooks.js";
export { type AssetSource, type AssetState, useAsset } from "./react/use-asset.js";
export { type ChannelOptions, useChannel } from "./react/use-channel.js";
export { type Messages, type MessagesOptions, useMessages } from "./react/use-messages.js";
export { type Publishing, usePublish } from "./react/use-publish.js";
export { useBanner, useConnection, useServiceMode } from "./react/use-status.js";
