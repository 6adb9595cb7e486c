// The codes with which a page's WebSocket ends.

/** Why a WebSocket ends; 4000 and above are ours. */
export const WebClose = {
  Normal: 1000,
  GoingAway: 1001,
  Abuse: 1008,
  Restart: 1012,
  TryLater: 1013,
  /** The token is wrong, or its time is over. */
  Ended: 4001,
  Revoked: 4002,
} as const;
