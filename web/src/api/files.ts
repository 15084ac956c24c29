import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, body, filePath } from '@/api/client';
import { BASE } from '@/lib/base';

export interface VolumeName {
  catalog: string;
  schema: string;
  volume: string;
}

const FILE = '/api/v1/files/{catalog}/{schema}/{volume}/{path}';
const DIRECTORY = '/api/v1/directories/{catalog}/{schema}/{volume}/{path}';
const UPLOAD = '/api/v1/uploads/{id}';

/** The path that the API uses for a file: `/Volumes/<catalog>/<schema>/<volume>/<path>`. */
export const absolutePath = ({ catalog, schema, volume }: VolumeName, inside: string): string =>
  `/Volumes/${catalog}/${schema}/${volume}/${inside}`;

/** Joins a directory inside a volume ("" is its root) and a name. */
export const joinPath = (directory: string, name: string): string =>
  directory ? `${directory}/${name}` : name;

export const directoryQuery = (volume: VolumeName, directory: string) =>
  infiniteQueryOptions({
    queryKey: ['directory', volume.catalog, volume.schema, volume.volume, directory],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      body(
        api.GET(DIRECTORY, {
          params: {
            path: { ...volume, path: directory },
            query: { limit: 500, after: pageParam },
          },
        }),
      ),
    getNextPageParam: ({ next }) => next,
  });

/** Where a file's bytes are sent. */
export const fileUrl = ({ catalog, schema, volume }: VolumeName, inside: string): string =>
  `${BASE}/api/v1/files/${filePath([catalog, schema, volume, inside].join('/'))}`;
export const uploadUrl = (id: string): string => `${BASE}/api/v1/uploads/${encodeURIComponent(id)}`;

export async function downloadFile(volume: VolumeName, inside: string): Promise<Response> {
  const params = { path: { ...volume, path: inside } };
  return (await api.GET(FILE, { params, parseAs: 'stream' })).response;
}
export const deleteFile = (volume: VolumeName, inside: string) =>
  api.DELETE(FILE, { params: { path: { ...volume, path: inside } } });
export const createDirectory = (volume: VolumeName, inside: string) =>
  api.PUT(DIRECTORY, { params: { path: { ...volume, path: inside } } });
export const deleteDirectory = (volume: VolumeName, inside: string) =>
  api.DELETE(DIRECTORY, {
    params: { path: { ...volume, path: inside }, query: { recursive: true } },
  });
export const moveFile = (values: { from: string; to: string; overwrite?: boolean }) =>
  api.POST('/api/v1/files/move', { body: values });

export const startUpload = (values: { path: string; bytes: number; overwrite?: boolean }) =>
  body(api.POST('/api/v1/uploads', { body: values }));
export const uploadState = (id: string) => body(api.GET(UPLOAD, { params: { path: { id } } }));
export const finishUpload = (id: string) =>
  body(api.POST(`${UPLOAD}/finish`, { params: { path: { id } } }));
export const abandonUpload = (id: string) => api.DELETE(UPLOAD, { params: { path: { id } } });
