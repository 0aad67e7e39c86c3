import { useDispatch, useSelector } from 'react-redux'
import type { RootState } from './reducer.js'
import type { AppDispatch } from './store.js'

export const useAppDispatch = useDispatch.withTypes<AppDispatch>()
export const useAppSelector = useSelector.withTypes<RootState>()
