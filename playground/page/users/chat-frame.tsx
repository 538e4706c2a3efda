import type { ReactNode, Ref } from "react";
import type { Profile } from "../people/profiles.js";

export interface ChatFrameProps {
	readonly profile: Profile;
	readonly children: ReactNode;
	readonly ref?: Ref<HTMLElement>;
}

/** As large before anything is there as it will be. */
export function ChatFrame({ profile, children, ref }: ChatFrameProps): ReactNode {
	const { id, name, city } = profile;
	return (
		<article className="chat" ref={ref} aria-label={`${name}, ${city}`} data-testid={`chat-${id}`}>
			<header className="chat-head">
				<span className="avatar" aria-hidden="true">
					{name[0]}
				</span>
				<h3>{name}</h3>
				<span className="city">{city}</span>
			</header>
			{children}
		</article>
	);
}
