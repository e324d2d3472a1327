/** The least an application imports of the SDK. */
export { createChat } from '@molva/sdk';
