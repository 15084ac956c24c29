// Short names for the shapes in schema.d.ts, which is generated from the server's OpenAPI document.
import type { components } from '@/api/schema';

type Schemas = components['schemas'];

export type Scope = NonNullable<Schemas['CreateKeyRequest']['scopes']>[number];

export type Problem = Partial<Schemas['Problem']>;
export type Tokens = Schemas['TokensAnswer'];
export type User = Schemas['UserAnswer'];
export type SignInSession = Schemas['SessionAnswer'];
export type Passkey = Schemas['PasskeyAnswer'];
export type PasskeyCreation = Schemas['PasskeyCreationAnswer'];
export type PasskeyRequest = Schemas['PasskeyRequestAnswer'];
export type PasskeyProof = Schemas['PasskeySignIn'];
export type Invitation = Schemas['InvitationAnswer'];
export type ApiKey = Schemas['KeyAnswer'];
export type ServiceAccount = Schemas['ServiceAccountAnswer'];
export type ClientSecret = Schemas['SecretAnswer'];
export type AuditEntry = Schemas['EntryAnswer'];
export type AuditPage = Schemas['EntryList'];
export type Catalog = Schemas['CatalogItem'];
export type Schema = Schemas['SchemaItem'];
export type Volume = Schemas['VolumeItem'];
export type Table = Schemas['TableItem'];
export type TableDetail = Schemas['TableDetail'];
export type TableVersion = Schemas['HistoryItem'];
export type FoundObject = Schemas['SearchHit'];
export type DirectoryEntry = Schemas['DirectoryEntry'];
export type InferredFile = Schemas['InferredTable'];
export type CreateTable = Schemas['MakeTable'];
export type FileFormat = NonNullable<CreateTable['format']>;
export type ResultColumn = Schemas['ResultColumn'];
export type QueryResult = Schemas['QueryResult'];
export type QueryPage = Schemas['QueryPage'];
export type QueryRequest = Schemas['RunQuery'];
export type QueryRecord = Schemas['StatementItem'];
export type QueryState = QueryRecord['state'];
export type SavedQuery = Schemas['SavedItem'];
