import { chatCommands, chatEvents, CLOSE_CODES, presenceCommands, presenceEvents } from '@parley/protocol';
import { z } from 'zod';

/** A frame's schema, with the title, description and examples that protocol gives it. */
type FrameSchema = (typeof chatCommands | typeof chatEvents | typeof presenceCommands | typeof presenceEvents)[number];

/** A frame, as the documents show it. */
export interface Frame {
  type: string;
  about: string;
  example: object;
  schema: object;
}
/** One of the two sockets. */
export interface SocketDoc {
  name: 'chat' | 'presence';
  about: string;
  port: number;
  path: string;
  commands: Frame[];
  events: Frame[];
}

/** Both sockets, from the schemas that validate their frames. */
export function socketDocs(): SocketDoc[] {
  return [
    {
      name: 'chat',
      about: 'Messages, history, groups, receipts. Delivery is guaranteed.',
      port: 4000,
      path: '/ws/chat',
      commands: frames(chatCommands, 'input'),
      events: frames(chatEvents, 'output'),
    },
    {
      name: 'presence',
      about: 'Who is here. Fire and forget.',
      port: 5000,
      path: '/ws/presence',
      commands: frames(presenceCommands, 'input'),
      events: frames(presenceEvents, 'output'),
    },
  ];
}

/** The AsyncAPI 3 document of both sockets. `receive` and `send` are the server's. */
export function asyncApiDocument(version: string): object {
  const sockets = socketDocs();
  return {
    asyncapi: '3.0.0',
    info: { title: 'Parley sockets', version, description: DESCRIPTION, license: { name: 'MIT' } },
    defaultContentType: 'application/json',
    servers: byName(sockets, (socket) => ({
      host: `localhost:${socket.port}`,
      protocol: 'ws',
      description: `${socket.about} The HTTP port takes the same at ${socket.path}.`,
      security: [{ $ref: '#/components/securitySchemes/token' }],
    })),
    channels: byName(sockets, (socket) => ({
      address: '/',
      description: socket.about,
      servers: [{ $ref: `#/servers/${socket.name}` }],
      messages: {
        ...Object.fromEntries(socket.commands.map((frame) => [`command.${frame.type}`, message(frame)])),
        ...Object.fromEntries(socket.events.map((frame) => [`event.${frame.type}`, message(frame)])),
      },
    })),
    operations: Object.fromEntries(
      sockets.flatMap((socket) => [
        [`${socket.name}.commands`, operation(socket, 'receive', 'command', socket.commands)],
        [`${socket.name}.events`, operation(socket, 'send', 'event', socket.events)],
      ]),
    ),
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  };
}

const DESCRIPTION = [
  'JSON text frames with a `type`. A request may carry `requestId`; its SUCCESS or ERROR repeats it.',
  'The token goes into `Authorization: Bearer`, the subprotocols `parley`, `<token>`, or `?token=`.',
  `Close codes: ${Object.values(CLOSE_CODES)
    .map(({ code, about }) => `${code} ${about}`)
    .join(' ')}`,
].join('\n\n');

function frames(schemas: readonly FrameSchema[], io: 'input' | 'output'): Frame[] {
  return schemas.map((schema) => {
    const { description = '', examples } = schema.meta() ?? {};
    const example = Array.isArray(examples) ? (examples[0] as object) : {};
    const { $schema: _, ...body } = z.toJSONSchema(schema, { io, unrepresentable: 'any', override: openToNewFields });
    return { type: schema.shape.type.value, about: description, example, schema: body };
  });
}

/** A newer server may add fields to any frame. */
function openToNewFields({ jsonSchema }: { jsonSchema: { additionalProperties?: unknown } }): void {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

const byName = (sockets: SocketDoc[], make: (socket: SocketDoc) => object) =>
  Object.fromEntries(sockets.map((socket) => [socket.name, make(socket)]));

const message = ({ type, about, example, schema }: Frame) => ({
  name: type,
  summary: about,
  payload: schema,
  examples: [{ payload: example }],
});

const operation = (socket: SocketDoc, action: 'receive' | 'send', kind: string, all: Frame[]) => ({
  action,
  channel: { $ref: `#/channels/${socket.name}` },
  messages: all.map(({ type }) => ({ $ref: `#/channels/${socket.name}/messages/${kind}.${type}` })),
});
